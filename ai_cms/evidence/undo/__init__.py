"""Take back what an agent did: found in the journal, turned round, fitted to what people did since."""
