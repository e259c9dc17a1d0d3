from __future__ import annotations

from django.contrib import admin
from django.urls import path
from recipes.views import RecipeView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("recipes/<int:pk>/", RecipeView.as_view()),
]
