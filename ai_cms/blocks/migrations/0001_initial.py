from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="BlockPermissions",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "block permissions",
                "verbose_name_plural": "block permissions",
                "permissions": [("use_raw_html", "Can add and change raw HTML blocks")],
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": (),
            },
        ),
    ]
