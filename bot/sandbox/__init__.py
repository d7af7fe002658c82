"""A local Telegram: Bot API server and chat page, so that the bot runs with no account.

Nothing here imports Clearshot; the bot under test is met over HTTP only. See `server.Sandbox` and `client.SandboxClient`.
"""
