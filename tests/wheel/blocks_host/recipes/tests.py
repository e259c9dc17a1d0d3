from __future__ import annotations

import json

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import TestCase

from ai_cms.blocks import apply_operations, blocks

from .models import Recipe

BODY = [
    {"id": "intro", "type": "rich_text", "props": {"html": "<p>Slow.<script>alert(1)</script></p>"}},
    {"id": "what", "type": "ingredients", "props": {"serves": 2, "items": [{"amount": "500 g", "name": "rye & salt"}]}},
]


class RecipeTests(TestCase):
    def make(self) -> Recipe:
        recipe = Recipe(title="Rye", body=BODY)
        recipe.full_clean()
        recipe.save()
        return Recipe.objects.get()

    def test_own_block_is_registered_beside_the_library(self) -> None:
        self.assertIn("ingredients", blocks)
        self.assertIn("heading", blocks)

    def test_page_shows_sanitised_text_and_own_block(self) -> None:
        recipe = self.make()
        html = self.client.get(f"/recipes/{recipe.pk}/").content.decode()
        self.assertIn("<p>Slow.</p>", html)
        self.assertIn("<b>500 g</b> rye &amp; salt", html)
        self.assertNotIn("alert", html)

    def test_operations_change_the_document(self) -> None:
        recipe = self.make()
        applied = apply_operations(recipe.body, [{"op": "remove", "id": "intro"}])
        recipe.body = applied.document
        recipe.save()
        self.assertEqual([block["id"] for block in Recipe.objects.get().body.blocks], ["what"])

    def test_other_types_and_wrong_props_are_refused(self) -> None:
        for body in (
            [{"id": "a", "type": "hero", "props": {"heading": "No"}}],
            [{"id": "a", "type": "ingredients", "props": {"items": [{"name": 3}]}}],
        ):
            with self.assertRaises(ValidationError):
                Recipe(title="Rye", body=body).full_clean()

    def test_admin_saves_the_document(self) -> None:
        recipe = self.make()
        self.client.force_login(get_user_model().objects.create_superuser("root", "root@example.com", "secret"))
        path = f"/admin/recipes/recipe/{recipe.pk}/change/"
        self.assertContains(self.client.get(path), "ingredients")
        body = json.dumps([{"id": "h", "type": "heading", "props": {"text": "New", "level": 2}}])
        response = self.client.post(path, {"title": "Rye", "body": body})
        self.assertEqual(response.status_code, 302, response.content.decode()[:2000])
        self.assertEqual(Recipe.objects.get().body.blocks[0]["props"]["text"], "New")
