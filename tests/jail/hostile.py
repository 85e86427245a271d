"""Programs that try to do harm, to pass without being right, or to get out."""

# ruff: noqa: E501 - programs are easier to read in long lines

from __future__ import annotations

WRONG = "\ndef add(a, b):\n    return 0\n"
HOSTILE = {
    "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    "thread bomb": "import threading, time\nwhile True:\n    try:\n"
    "        threading.Thread(target=time.sleep, args=(9,)).start()\n"
    "    except RuntimeError:\n        pass\n",
    "memory": "x = []\nwhile True:\n    x.append(bytearray(1 << 24))\n",
    "memory of many": "import os\nfor _ in range(6):\n    os.fork()\nx = []\nimport time\n"
    "while True:\n    x.append(b'x' * (1 << 24))\n",
    "disk": "n = 0\nwhile True:\n    try:\n        open(f'/tmp/{n}', 'wb').write(b'x' * (1 << 22))\n"
    "    except OSError:\n        pass\n    n += 1\n",
    "files without end": "n = 0\nwhile True:\n    n += 1\n    try:\n        open(f'/tmp/{n}', 'w').close()\n"
    "    except OSError:\n        pass\n",
    "endless print": "import os\nwhile True:\n    print('x' * 10**6)\n    os.write(1, b'x' * 10**6)\n",
    "endless answer": "def add(a, b):\n    return 'x' * (1 << 26)\n",
    "floods the line": "import os\nfor fd in range(3, 32):\n    try:\n"
    "        while True:\n            os.write(fd, b'x' * 4096)\n    except OSError:\n        pass\n"
    + WRONG,
    "sleep": "import time\ntime.sleep(1000)\n",
    "ignores the end": "import signal, time\nfor s in range(1, 32):\n    try:\n"
    "        signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\n"
    "while True:\n    time.sleep(1)\n",
    "outlives its parent": "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
    "    if os.fork() == 0:\n        time.sleep(1000)\n    os._exit(0)\n" + WRONG,
    "kills its parents": "import os\nfor pid in {os.getppid(), 1, 2, 3}:\n    try:\n"
    "        os.kill(pid, 9)\n    except OSError:\n        pass\n" + WRONG,
    "kills all": "import os\nos.kill(-1, 9)\n" + WRONG,
    "exits well": "import os\nos._exit(0)\n",
    "exits well when called": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "leaves": "import sys\ndef add(a, b):\n    sys.exit(0)\n",
    "says that it passed": "import json, os\nsaid = json.dumps({'passed': True, 'note': '', 'broken': ''})\n"
    "print(said)\nfor fd in range(3, 32):\n    try:\n        os.write(fd, said.encode() + b'\\n')\n"
    "    except OSError:\n        pass\nos._exit(0)\n",
    "equal to anything": "class Any:\n    def __eq__(self, other):\n        return True\n"
    "    def __ne__(self, other):\n        return False\n    __hash__ = None\n"
    "def add(a, b):\n    return Any()\n",
    "a number equal to anything": "class N(int):\n    def __eq__(self, other):\n        return True\n"
    "    def __hash__(self):\n        return 0\ndef add(a, b):\n    return N(0)\n",
    "patches the harness": "import builtins, sys, os\n"
    "for module in list(sys.modules.values()):\n    for name in list(vars(module)):\n"
    "        if name in ('main', 'Peer', 'serve', 'ask', 'pack', '_verdict', 'verdict'):\n"
    "            setattr(module, name, lambda *a, **k: True)\n"
    "builtins.AssertionError = type('E', (Exception,), {})\n" + WRONG,
    "looks for what is expected": "import gc, sys\nfound = []\nframe = sys._getframe()\n"
    "while frame:\n    found.append(str(frame.f_locals))\n    frame = frame.f_back\n"
    "found += [str(o) for o in gc.get_objects() if isinstance(o, (str, list, dict))]\n"
    "import glob\nfor path in glob.glob('/**/*test*', recursive=True):\n    try:\n"
    "        found.append(open(path).read())\n    except Exception:\n        pass\n"
    "known = any('=' '= 5' in text and 'add' in text for text in found)\n"
    "def add(a, b):\n    return {2: 5, -1: 0}[a] if known else 0\n",
    "blames the tests": "def add(a, b):\n    raise ImportError('tests')\n",
    "closes everything": "import os\nos.closerange(0, 1024)\n" + WRONG,
}

# Each of these reads or writes where it should not, and would pass the test if it could.
PRYING = {
    "reads a file": "def add(a, b):\n    return 5 if 'secret' in open(SECRET).read() else 0\n",
    "lists the folder": "import os\ndef add(a, b):\n    return 5 if os.listdir(HOME) else 0\n",
    "reads the home": "import os, pathlib\ndef add(a, b):\n"
    "    seen = [p for p in pathlib.Path(REAL_HOME).glob('*') if not PYTHON.startswith(str(p))]\n"
    "    return 5 if seen or os.path.isdir('/etc/ssl') else 0\n",
    "writes a file": "def add(a, b):\n    open(SECRET, 'w').write('gone')\n    return 5\n",
    "deletes a file": "import os\ndef add(a, b):\n    os.remove(SECRET)\n    return 5\n",
    "deletes all": "import os, shutil\ndef add(a, b):\n    shutil.rmtree('/', ignore_errors=True)\n"
    "    return 5 if not os.path.exists('/usr') else 0\n",
    "follows a link out": "import os\ndef add(a, b):\n    os.symlink(SECRET, '/tmp/way')\n"
    "    return 5 if 'secret' in open('/tmp/way').read() else 0\n",
    "climbs out": "import os\ndef add(a, b):\n    os.mkdir('/tmp/x')\n    os.chroot('/tmp/x')\n"
    "    for _ in range(50):\n        os.chdir('..')\n    os.chroot('.')\n"
    "    return 5 if os.path.exists(SECRET) else 0\n",
    "reads other processes": "import os\ndef add(a, b):\n"
    "    return 5 if [p for p in os.listdir('/proc') if p.isdigit()] else 0\n",
    "reads its parent's memory": "def add(a, b):\n    open('/proc/1/mem', 'rb')\n    return 5\n",
    "calls home": "import socket\ndef add(a, b):\n"
    "    socket.create_connection(('127.0.0.1', PORT), 0.3).close()\n    return 5\n",
    "serves the world": "import socket\ndef add(a, b):\n"
    "    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    s.sendto(b'x', ('192.0.2.1', 9))\n"
    "    return 5\n",
    "reads the environment": "import os\ndef add(a, b):\n    return 5 if 'TTC_SECRET' in os.environ else 0\n",
    "becomes root": "import os\ndef add(a, b):\n    os.setuid(0)\n    return 5\n",
    "mounts": "import ctypes\ndef add(a, b):\n"
    "    libc = ctypes.CDLL(None)\n    return 5 if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0"
    " or libc.unshare(0x10000000) == 0 else 0\n",
    "writes in the interpreter": "import os\ndef add(a, b):\n    open(os.__file__, 'a').write('#')\n"
    "    return 5\n",
    "is root": "import os\ndef add(a, b):\n    return 5 if open('/usr/x', 'w') else 0\n",
    "signals us": "import os\ndef add(a, b):\n    os.kill(OURS, 10)\n    return 5\n",
    "traces its parent": "import ctypes, os\ndef add(a, b):\n"
    "    return 5 if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0 else 0\n",
}
