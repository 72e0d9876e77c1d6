"""How gunicorn serves the portal, in `make run` and in production: threads, so that one slow upload blocks nobody.

The address, and the number of workers where two are not right, are given on gunicorn's command line.
"""

import gc
from typing import Any

worker_class = "gthread"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 20
keepalive = 5
loglevel = "warning"
# It would be kept in the home of whoever runs the portal, and nothing here uses it.
control_socket_disable = True


def post_worker_init(_worker: Any) -> None:
    """What was loaded at the start lives for ever: keep the collector from walking it again and again."""
    gc.collect()
    gc.freeze()
