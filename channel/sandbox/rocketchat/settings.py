"""The settings of a workspace that change what a peer sees, with Rocket.Chat's defaults."""

from typing import Any

#: The setting that switches an event on; `LivechatEdit` has none and is always sent.
EVENT_FLAGS = {
    "LivechatSessionStart": "Livechat_webhook_on_start",
    "LivechatSession": "Livechat_webhook_on_close",
    "LivechatSessionTaken": "Livechat_webhook_on_chat_taken",
    "LivechatSessionQueued": "Livechat_webhook_on_chat_queued",
    "LivechatSessionForwarded": "Livechat_webhook_on_forward",
    "LivechatOfflineMessage": "Livechat_webhook_on_offline_msg",
    "LeadCapture": "Livechat_webhook_on_capture",
}
VISITOR_MESSAGES = "Livechat_webhook_on_visitor_message"
AGENT_MESSAGES = "Livechat_webhook_on_agent_message"

#: What a bridge switches on: every event of a room, and the agents' messages.
BRIDGE_FLAGS = (
    "Livechat_webhook_on_start",
    "Livechat_webhook_on_close",
    "Livechat_webhook_on_chat_taken",
    "Livechat_webhook_on_chat_queued",
    "Livechat_webhook_on_forward",
    AGENT_MESSAGES,
)

#: The keys of `POST omnichannel/integrations` and the settings they write.
INTEGRATION_KEYS = {
    "LivechatWebhookUrl": "Livechat_webhookUrl",
    "LivechatSecretToken": "Livechat_secret_token",
    "LivechatHttpTimeout": "Livechat_http_timeout",
    "LivechatWebhookOnStart": "Livechat_webhook_on_start",
    "LivechatWebhookOnClose": "Livechat_webhook_on_close",
    "LivechatWebhookOnChatTaken": "Livechat_webhook_on_chat_taken",
    "LivechatWebhookOnChatQueued": "Livechat_webhook_on_chat_queued",
    "LivechatWebhookOnForward": "Livechat_webhook_on_forward",
    "LivechatWebhookOnOfflineMsg": "Livechat_webhook_on_offline_msg",
    "LivechatWebhookOnVisitorMessage": VISITOR_MESSAGES,
    "LivechatWebhookOnAgentMessage": AGENT_MESSAGES,
}

DEFAULTS: dict[str, Any] = {
    **dict.fromkeys((*EVENT_FLAGS.values(), VISITOR_MESSAGES, AGENT_MESSAGES), False),
    "Livechat_webhookUrl": "",
    "Livechat_secret_token": "",
    "Livechat_http_timeout": 5000,
    "Livechat_lead_email_regex": r"\b[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,4}\b",
    "Livechat_lead_phone_regex": r"(?:\([0-9]{1,3}\)|[0-9]{2})[ \-]*?[0-9]{4,5}(?:[\-\s\_]{1,2})?[0-9]{4}(?=[^0-9]|$)",
    "Livechat_Visitor_navigation_as_a_message": False,
    "Send_visitor_navigation_history_livechat_webhook_request": False,
    "Livechat_history_monitor_type": "url",
    "Livechat_enabled": True,
    "Livechat_Routing_Method": "Manual_Selection",
    "Livechat_accept_chats_with_no_agents": False,
    "Livechat_enable_business_hours": False,
    "Livechat_enable_message_character_limit": False,
    "Livechat_message_character_limit": 0,
    "Livechat_show_agent_info": True,
    "Livechat_show_agent_email": True,
    "Livechat_request_comment_when_closing_conversation": True,
    "Livechat_Allow_collect_and_store_HTTP_header_informations": False,
    "Livechat_offline_success_message": "We received your message and will answer as soon as possible.",
    "Omnichannel_allow_visitors_to_close_conversation": True,
    "Message_AllowEditing": True,
    "Message_AllowDeleting": True,
    "Message_MaxAllowedSize": 5000,
    "Hide_System_Messages": [],
    "API_Enable_Rate_Limiter": True,
    "API_Enable_Rate_Limiter_Limit_Calls_Default": 10,
    "API_Enable_Rate_Limiter_Limit_Time_Default": 60000,
    "Language": "en",
    "Site_Url": "https://chat.example.org",
}
