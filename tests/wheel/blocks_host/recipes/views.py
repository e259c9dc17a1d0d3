from __future__ import annotations

from django.views.generic import DetailView

from .models import Recipe


class RecipeView(DetailView):
    model = Recipe
