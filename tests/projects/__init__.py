"""Host projects that install ai_cms in every supported combination; ``tests/test_projects.py`` runs each on its own."""
