from django.db import migrations

#: As they stood when this was written.
ORDER = ("read", "propose", "write", "publish", "admin")


def _held(scopes):
    """Return what a token could do before its widest scope included all others."""
    found = set(scopes) & set(ORDER)
    if found:
        found.add("read")
    if "write" in found:
        found.add("propose")
    return found


def narrow(apps, schema_editor):
    """Write down all scopes of each token, up to the first that it did not hold: an upgrade shall widen no secret."""
    token_model = apps.get_model("ai_cms_core", "ApiToken")
    tokens = token_model.objects.using(schema_editor.connection.alias)
    for token in tokens.only("pk", "scopes").order_by("pk").iterator(chunk_size=500):
        held = _held(token.scopes)
        kept = []
        for scope in ORDER:
            if scope not in held:
                break
            kept.append(scope)
        if kept != token.scopes:
            tokens.filter(pk=token.pk).update(scopes=kept)


class Migration(migrations.Migration):
    """The scopes of tokens are an order: each includes all that are narrower."""

    dependencies = [("ai_cms_core", "0002_agents")]

    operations = [migrations.RunPython(narrow, migrations.RunPython.noop, elidable=True)]
