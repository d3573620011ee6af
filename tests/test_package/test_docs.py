"""Links, paths and names in the README and in docs/."""
import os
import os.path as osp
import re
import subprocess
import sys
from glob import glob

import pytest
from documented_blocks import PAGES, ROOT, read_page

import mmfermtl.datasets
import mmfermtl.models
from mmfermtl import registry

#: What the recipes of the contributor guide add.
EXAMPLES = {
    'charbonnier_loss.py', 'fermtl_charbonnier_ckplus48.py',
    'fermtl_my_set.py', 'fermtl_scalar_mix_ckplus48.py', 'my_faces.py',
    'my_set.md', 'my_set.py', 'scalar_mix.py', 'test_my_set.py',
    'CharbonnierLoss', 'MySet', 'ScalarMix'
}
#: Pages that GitHub shows, besides those of docs/.
OUTSIDE = {
    osp.relpath(path, ROOT)
    for pattern in ('*.md', 'configs/**/*.md', '.github/**/*.md')
    for path in glob(osp.join(ROOT, pattern), recursive=True)
}
_FENCED = re.compile(r'^ *```.*?^ *```', re.M | re.S)
_LINK = re.compile(r'\]\(([^)\s]+)\)')
_PATH = re.compile(r'`((?:mmfermtl|configs|tools|tests|docs|requirements)'
                   r'/[\w./-]+)[^`]*`')


def anchors(page):
    """The anchors of the headings of a page, as GitHub makes them."""
    found = set()
    for title in re.findall(r'^#+ (.+)$', _FENCED.sub('', read_page(page)),
                            re.M):
        title = re.sub(r'[^\w\- ]', '', title.strip().lower())
        found.add(title.replace(' ', '-'))
    return found


@pytest.mark.parametrize('page', sorted(OUTSIDE | set(PAGES)))
def test_links_lead_somewhere(page):
    folder = osp.dirname(page)
    for link in _LINK.findall(_FENCED.sub('', read_page(page))):
        if re.match(r'[a-z]+:', link):
            continue
        path, _, anchor = link.partition('#')
        target = osp.normpath(osp.join(folder, path)) if path else page
        assert osp.exists(osp.join(ROOT, target)), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize('page', PAGES)
def test_paths_in_the_text_exist(page):
    for path in _PATH.findall(_FENCED.sub('', read_page(page))):
        if osp.basename(path) not in EXAMPLES:
            assert osp.exists(osp.join(ROOT, path)), path


def test_names_in_the_text_exist():
    """Of parts in configs and in the text."""
    nodes = [
        node for node in vars(registry).values()
        if isinstance(node, registry.Registry)
    ]
    for page in PAGES:
        for name in re.findall(r'\bmmfermtl\.([A-Z]\w+)', read_page(page)):
            known = name in EXAMPLES or hasattr(
                mmfermtl.models, name) or hasattr(mmfermtl.datasets, name)
            assert known or any(
                node.get(f'mmfermtl.{name}')
                for node in nodes), f'{page}: {name}'


def test_the_readme_is_short():
    assert len(read_page('README.md').splitlines()) <= 150


def test_the_site_builds(tmp_path):
    """Strict: a broken link, an unknown anchor or a lost page fails."""
    pytest.importorskip('material', reason='needs the extra docs')
    # Not quietly: that hides the warnings that `strict` counts.
    result = subprocess.run(
        [sys.executable, '-m', 'mkdocs', 'build', '-d', tmp_path],
        cwd=ROOT,
        env=dict(os.environ, NO_MKDOCS_2_WARNING='1'),
        capture_output=True,
        text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / 'method' / 'conv_flu' / 'index.html').is_file()
