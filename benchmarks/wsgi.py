from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from ai_cms.core.lane.wsgi import wsgi_application

application = wsgi_application(get_wsgi_application())
