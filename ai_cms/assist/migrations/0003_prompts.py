from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai_cms_assist", "0002_library")]

    operations = [
        migrations.AlterModelOptions(
            name="libraryitem",
            options={
                "ordering": ["kind", "name", "pk"],
                "permissions": [
                    ("publish_libraryitem", "Can publish library items"),
                    ("publish_prompt", "Can publish prompts of writing tasks"),
                ],
                "verbose_name": "library item",
                "verbose_name_plural": "library",
            },
        ),
        migrations.AlterField(
            model_name="libraryitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("voice", "Voice: how the site speaks"),
                    ("glossary", "Glossary: which words it uses"),
                    ("facts", "Facts: what is true of it"),
                    ("do_not", "Do not: what it never says"),
                    ("protected", "Protected phrases: kept to the letter, one a line"),
                    ("prompt", "Prompt: the instructions of one writing task, instead of the shipped ones"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
    ]
