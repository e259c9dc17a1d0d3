"""How a portfolio looks: layouts to choose from, tokens to change, contrast that is checked, and the CSS they make."""
