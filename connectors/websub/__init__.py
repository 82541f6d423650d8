"""WebSub: where a feed names a hub, the hub sends what is new, and the poll goes on slowly beside it.

    news.feeds, news.feed-state ─► subscriber ── subscribe ──► hub ── challenge, content ──► callback ─► items ─► Kafka
                                   news.subscriptions

`decide` is pure: when a hub is asked, what an answer means, and whether a message is the hub's own. The callback is
served by the push server (`connectors.push`), once `KABAR_PUSH_URL` says where hubs reach it. Source:
https://www.w3.org/TR/websub/.
"""
