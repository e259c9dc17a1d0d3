"""What stands around the editor: what waits for me, the tree, lists, history, bin, people."""
