"""How well a model does the writing tasks: golden cases, carried out through the gateway and judged by rules."""
