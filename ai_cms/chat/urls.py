"""The pages of chat; a host mounts them with ``path("chat/", include("ai_cms.chat.urls"))``."""

from __future__ import annotations

from django.urls import path

from .web import agent_pages, fragments, import_page, meeting, share_pages, talk

app_name = "ai_cms_chat"

urlpatterns = [
    path("", talk.IndexView.as_view(), name="index"),
    path("new/", talk.NewView.as_view(), name="new"),
    path("c/<uuid:pk>/", talk.TalkView.as_view(), name="conversation"),
    path("c/<uuid:pk>/settings/", talk.TalkSettingsView.as_view(), name="conversation-settings"),
    path("c/<uuid:pk>/share/", share_pages.SharesView.as_view(), name="shares"),
    path("shared/<uuid:pk>/", share_pages.SharedView.as_view(), name="shared"),
    path("import/", import_page.ImportView.as_view(), name="import"),
    path("rooms/", meeting.RoomsView.as_view(), name="rooms"),
    path("rooms/new/", meeting.NewRoomView.as_view(), name="room-new"),
    path("rooms/<uuid:pk>/", meeting.RoomView.as_view(), name="room"),
    path("rooms/<uuid:pk>/settings/", meeting.RoomSettingsView.as_view(), name="room-settings"),
    path("rooms/<uuid:pk>/members/", meeting.MembersView.as_view(), name="members"),
    path("agents/", agent_pages.AgentsView.as_view(), name="agents"),
    path("agents/new/", agent_pages.NewAgentView.as_view(), name="agent-new"),
    path("agents/check/", agent_pages.CheckView.as_view(), name="agent-check"),
    path("agents/<uuid:pk>/", agent_pages.AgentView.as_view(), name="agent"),
    path("agents/<uuid:pk>/delete/", agent_pages.DeleteAgentView.as_view(), name="agent-delete"),
    # What the script of the pages asks for.
    path("list/", fragments.ListView.as_view(), name="list"),
    path("<uuid:pk>/messages/", fragments.MessagesView.as_view(), name="messages"),
    path("<uuid:pk>/news/", fragments.NewsView.as_view(), name="news"),
]
