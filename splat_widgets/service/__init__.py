"""The service: photos in by HTTP, scenes out; and the notebook as its client.

    app.py        the FastAPI application, made by `create_app(settings, store, queue)`
    records.py    one job as a record; stores.py and queues.py keep and order jobs
    working.py    what is done with a job, wherever that is
    uploads.py    multipart requests, limited while they stream
    turns.py      whose turn a job is
    places.py     a folder by its address; cluster/storage.py keeps jobs there
    cluster/      leases, and the service on Ray: doors, one line, replicas
    batch/        many items at once, with a manifest
    connect.py    `sw.connect(url)`: a model for `reconstruct` and `Studio` that is a service

Needs the extra `serve`; nothing else of the package imports this folder but the command line and
`sw.connect`.
"""

from __future__ import annotations

API_VERSION = 1
"""Of requests and answers; a client and a service of two versions say so."""
