"""A stand-in for S3 on loopback (moto's server), for s3fs in this process and its children."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import httpx
import pytest

BUCKET = "s3://splat-tests"


@contextmanager
def bucket() -> Iterator[str]:
    """The address of an empty bucket; server, files and settings end with the block."""
    pytest.importorskip("moto", reason="needs the extra test")
    s3fs = pytest.importorskip("s3fs", reason="needs the extra test")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # Servers of one process share what they keep.
    httpx.post(f"http://{host}:{port}/moto-api/reset").raise_for_status()
    known = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        with mock.patch.dict(os.environ, known):
            s3fs.S3FileSystem.clear_instance_cache()  # with what another server was asked
            s3fs.S3FileSystem().mkdir(BUCKET)
            yield BUCKET
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()
