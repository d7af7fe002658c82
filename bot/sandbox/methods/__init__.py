"""The table of Bot API methods, to be compared with core.telegram.org/bots/api; names are matched in lower case."""

from bot.sandbox.call import Method
from bot.sandbox.methods import answering, editing, fetching, introducing, receiving, sending

METHODS: dict[str, Method] = {
    # getting updates
    "getupdates": receiving.get_updates,
    "setwebhook": receiving.set_webhook,
    "deletewebhook": receiving.delete_webhook,
    "getwebhookinfo": receiving.get_webhook_info,
    # sending
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "senddocument": sending.send_document,
    "sendmediagroup": sending.send_media_group,
    "sendchataction": answering.send_chat_action,
    "setmessagereaction": answering.set_message_reaction,
    "answercallbackquery": answering.answer_callback_query,
    # updating messages
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    # files and chats
    "getfile": fetching.get_file,
    "getchat": fetching.get_chat,
    # the bot itself
    "getme": introducing.get_me,
    "setmycommands": introducing.set_my_commands,
    "getmycommands": introducing.get_my_commands,
    "deletemycommands": introducing.delete_my_commands,
    "setmyname": introducing.set_my_name,
    "getmyname": introducing.get_my_name,
    "setmydescription": introducing.set_my_description,
    "getmydescription": introducing.get_my_description,
    "setmyshortdescription": introducing.set_my_short_description,
    "getmyshortdescription": introducing.get_my_short_description,
    "logout": introducing.log_out,
    "close": introducing.log_out,
}
