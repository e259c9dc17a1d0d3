from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from ai_cms.core.conf import core_settings
from ai_cms.core.flags import MAINTENANCE, set_flag
from ai_cms.core.models import RuntimeFlag


class Command(BaseCommand):
    help = "Close the site for everyone but staff (on), open it again (off), or tell how it is (status)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("state", choices=["on", "off", "status"])

    def handle(self, *args: object, **options: object) -> None:
        if options["state"] != "status":
            set_flag(MAINTENANCE, options["state"] == "on")
        switched = RuntimeFlag.objects.filter(name=MAINTENANCE, enabled=True).exists()
        state = "on" if switched or core_settings.MAINTENANCE else "off"
        self.stdout.write(f"Maintenance is {state}.")
        if core_settings.MAINTENANCE and not switched:
            self.stdout.write("It is on by AI_CMS['MAINTENANCE'], which this command does not change.")
