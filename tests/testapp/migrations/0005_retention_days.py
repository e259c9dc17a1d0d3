import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('testapp', '0004_chat'),
    ]

    operations = [
        migrations.AddField(
            model_name='hostconversation',
            name='retention_days',
            field=models.PositiveIntegerField(blank=True, help_text='Days without a message after which it is deleted; empty: as the site has it.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='days to keep'),
        ),
    ]
