import pytest
from matplotlib.figure import Figure
from PIL import Image

from mmfermtl.utils.text_table import format_table
from mmfermtl.visualization import learning_curves
from mmfermtl.visualization.learning_curves import draw_learning_curves


@pytest.fixture
def figures(monkeypatch):
    """Figures as they are saved."""
    saved = []

    class Recorded(Figure):

        def savefig(self, *args, **kwargs):
            saved.append(self)
            super().savefig(*args, **kwargs)

    monkeypatch.setattr(learning_curves, 'Figure', Recorded)
    return saved


def history(epochs=4):
    """Rows of which every second one is validated."""
    return [
        dict(
            epoch=e,
            train=dict(loss=8 / e, loss_fer=1 / e, grad_norm=3.),
            val={
                'accuracy/top1': 20. * e,
                'macro/f1': 19. * e,
                'synthesis/SSIM': 0.1 * e,
                'synthesis/PSNR': None,
                'synthesis/pairs': 210,
                'confusion': [[1, 2]]
            } if e % 2 == 0 else None) for e in range(1, epochs + 1)
    ]


def test_panels_and_curves(figures, tmp_path, no_new_figures):
    path = tmp_path / 'a.png'
    draw_learning_curves(history(), str(path))
    with Image.open(path) as image:
        assert image.format == 'PNG' and min(image.size) > 300
    losses, scores, ssim = figures[0].axes
    assert [a.get_xlabel() for a in figures[0].axes] == ['epoch'] * 3
    assert scores.get_ylabel() == 'percent'
    labels = losses.get_legend_handles_labels()[1]
    assert labels == ['loss (2)', 'loss_fer (0.25)']
    curve, mark = scores.lines[:2]
    assert list(curve.get_xdata()) == [2, 4]
    assert list(curve.get_ydata()) == [40, 80]
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([4], [80])
    assert ssim.get_title() == 'synthesis: SSIM'


def test_panels_without_data_are_left_out(figures, tmp_path):
    rows = [dict(epoch=1, train=dict(loss=1.), val=None)]
    draw_learning_curves(rows, str(tmp_path / 'a.png'))
    assert [a.get_title() for a in figures[0].axes] == ['training losses']
    draw_learning_curves([dict(epoch=1, train={}, val=None)],
                         str(tmp_path / 'b.png'))
    assert figures[1].axes == []


@pytest.mark.parametrize('losses, scale', [((100., 1.), 'log'),
                                           ((2., 1.), 'linear'),
                                           ((100., -1.), 'linear'),
                                           ((None, 1.), 'linear')])
def test_loss_axis_fits_the_range(figures, tmp_path, losses, scale):
    rows = [dict(epoch=i, train=dict(loss=v)) for i, v in enumerate(losses)]
    draw_learning_curves(rows, str(tmp_path / 'a.png'))
    assert figures[0].axes[0].get_yscale() == scale


def test_empty_history_is_refused(tmp_path):
    with pytest.raises(ValueError, match='no epochs'):
        draw_learning_curves([], str(tmp_path / 'a.png'))


def test_table_is_aligned():
    table = format_table(('name', 'value'), [('a', 1.5), ('longer', None)])
    assert table.split('\n') == [
        'name    value', '------ ------', 'a      1.5000', 'longer      -'
    ]
