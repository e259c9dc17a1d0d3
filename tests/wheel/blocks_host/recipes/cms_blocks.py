from __future__ import annotations

from ai_cms.blocks import Block, BlockPart, InlineText, blocks


class Ingredient(BlockPart):
    amount: InlineText = ""
    name: InlineText


@blocks.register
class IngredientsBlock(Block):
    """What to have at hand."""

    serves: int = 4
    items: list[Ingredient]

    class Meta:
        label = "Ingredients"
        icon = "list"
        group = "Recipes"
        example = {"serves": 2, "items": [{"amount": "500 g", "name": "rye flour"}]}
