from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ai_cms_pages', '0004_menu_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='revision',
            name='overwritten',
            field=models.JSONField(default=list, editable=False),
        ),
    ]
