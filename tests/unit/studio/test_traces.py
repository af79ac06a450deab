"""What a studio leaves behind on the machine while nothing is saved: nothing."""

import json
import os
import subprocess
import sys

SCRIPT = """
import json, os, sys

touched = []

def audit(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
        if writes and isinstance(path, str) and not path.startswith(("/dev/", "/proc/")):
            touched.append(["write", path])
    elif event in ("socket.bind", "socket.connect", "subprocess.Popen", "os.system"):
        touched.append([event, str(arguments[-1])])

import splat_widgets as sw
from splat_widgets.embedded import demo_pair

studio = sw.Studio(model="embedded")
photos = [path.read_bytes() for path in demo_pair()]
sys.addaudithook(audit)
for data in photos:
    studio.panel.add(data)
scene = studio.generate().result(120)
studio.viewer.encoded
touched_by_run = list(touched)
studio.save()
print(json.dumps([len(scene), touched_by_run, len(touched) > len(touched_by_run)]))
"""


def test_a_run_writes_no_file_and_opens_no_connection(tmp_path):
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    count, touched, is_watching = json.loads(done.stdout.splitlines()[-1])
    assert count > 1000
    assert touched == []
    assert is_watching, "saving must show up, or the watch sees nothing"
