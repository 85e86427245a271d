"""Programs that bomb, fill, hang, kill, leave, or want to pass without being right."""

# ruff: noqa: E501 - programs are easier to read in long lines

from __future__ import annotations

WRONG = "\ndef add(a, b):\n    return 0\n"
HOSTILE = {
    "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    "thread bomb": "import threading, time\nwhile True:\n    try:\n"
    "        threading.Thread(target=time.sleep, args=(9,)).start()\n"
    "    except RuntimeError:\n        pass\n",
    "threads beyond limits": "import ctypes, mmap\npage = mmap.mmap(-1, 65536, prot=7)\n"
    # clone(rdi, rsi); in the child pause() for ever: no stack is used, and so no memory is asked for
    "page.write(bytes.fromhex('b83800000031d24d31d24d31c00f0585c07401c3b8220000000f05ebf7'))\n"
    "at = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
    "clone = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_long, ctypes.c_long)(at)\n"
    "n = sum(clone(0x50F00, at + 60000) > 0 for _ in range(5000))\n"
    "def add(a, b):\n    return a + b if n == 5000 else 0\n",
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
