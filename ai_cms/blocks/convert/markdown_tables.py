"""Tables of Markdown whose rows have more cells than their head: the parser leaves those out, here their words are kept."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

__all__ = ["has_more_cells", "keep_all_cells"]

_BAR = re.compile(r"(?<!\\)\|")
_MORE = "more_cells"


def keep_all_cells(parser: MarkdownIt) -> None:
    """Make the parser put the cells that a row has too many into its last one."""
    parser.block.ruler.at("table", _read_table, {"alt": ["paragraph", "reference"]})


def has_more_cells(token: Token) -> bool:
    """Return whether a token opens a row that had more cells than the head of its table."""
    return token.type == "tr_open" and _MORE in token.meta


def _read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    row: Token | None = None
    cells: list[Token] = []
    for token in state.tokens[first:]:
        if token.type == "tr_open":
            row, cells = token, []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close" and row is not None and row.map and cells:
            line = row.map[0]
            more = _cells(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])[len(cells) :]
            if any(more):
                cells[-1].content = " | ".join([cells[-1].content, *more])
                row.meta[_MORE] = len(more)
    return True


def _cells(line: str) -> list[str]:
    """Return the cells of a line as the parser tells them apart."""
    cells = _BAR.split(line.strip())
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return [cell.replace("\\|", "|").strip() for cell in cells]
