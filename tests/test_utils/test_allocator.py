"""Settings of glibc's allocator."""
import os
import subprocess
import sys

import pytest

from mmfermtl.utils.allocator import allocator_variables, tune_allocator

#: Frees and gets a tensor's memory many times; prints the page faults of it.
SCRIPT = '''
import resource, sys
from mmfermtl.utils.allocator import tune_allocator
if sys.argv[1] == 'tuned':
    assert tune_allocator()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    # The last one is larger than the threshold of `mmap` can be.
    blocks = [b'x' * 2**22 for _ in range(12)] + [b'x' * 2**26]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
'''


@pytest.mark.skipif(
    not sys.platform.startswith('linux'), reason='glibc is of Linux')
def test_freed_memory_is_kept():
    if not tune_allocator():
        pytest.skip('another C library')
    found = {}
    for name in ('plain', 'tuned'):
        env = {k: v for k, v in os.environ.items() if 'MALLOC' not in k}
        done = subprocess.run([sys.executable, '-c', SCRIPT, name],
                              env=env,
                              capture_output=True,
                              text=True,
                              check=True)
        found[name] = int(done.stdout)
    assert found['tuned'] < found['plain'] / 5


def test_settings_of_the_user_are_kept(monkeypatch):
    for name in allocator_variables():
        monkeypatch.setenv(name, '65536')
    assert not tune_allocator()
