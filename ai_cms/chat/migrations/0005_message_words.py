from django.db import migrations

INDEX = "ai_cms_chat_message_words"


def add(apps, schema_editor):
    # SQLite's index is made after each migrate: ai_cms.chat.word_index says why.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE INDEX IF NOT EXISTS {INDEX} ON ai_cms_chat_message "
            "USING gin (to_tsvector('simple', left(content, 100000)))"
        )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("ai_cms_chat", "0004_socket_tickets")]
    operations = [migrations.RunPython(add, remove)]
