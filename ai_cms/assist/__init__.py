"""Writing tasks: what a model writes arrives as valid blocks and page fields, in a proposal a person decides on."""
