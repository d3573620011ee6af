"""Bar charts of the folds."""
import pytest

from mmfermtl.visualization import draw_class_charts, draw_subject_charts
from mmfermtl.visualization.dataset_charts import FoldContent

CLASSES = ('anger', 'fear', 'surprise')
FOLD = FoldContent(
    'fold 0',
    train=[('anger', 'S1')] * 3 + [('surprise', 'S2')] * 1,
    test=[('anger', 'S3')] * 2 + [('fear', 'S4')] + [('fear', 'S3')])


def test_classes_in_percent_with_their_numbers():
    axes = draw_class_charts([FOLD], CLASSES)[0].axes[0]
    heights = [[bar.get_height() for bar in group]
               for group in axes.containers]
    assert heights == [[75, 0, 25], [50, 50, 0]]
    assert [text.get_text()
            for text in axes.texts] == ['3', '0', '1', '2', '2', '0']
    assert [tick.get_text()
            for tick in axes.get_xticklabels()] == list(CLASSES)
    assert 'train: 4 images' in axes.get_legend().get_texts()[0].get_text()


def test_subjects_stacked_by_class():
    axes = draw_subject_charts([FOLD], CLASSES)[0].axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ['S3', 'S4']
    bars = [[(bar.get_y(), bar.get_height()) for bar in group]
            for group in axes.containers]
    assert bars == [[(0, 2), (0, 0)], [(2, 1), (0, 1)], [(3, 0), (1, 0)]]
    assert axes.get_title() == 'fold 0: 2 subjects, 4 images'


@pytest.mark.parametrize('draw', [draw_class_charts, draw_subject_charts])
@pytest.mark.parametrize('folds, panels', [(1, [1]), (10, [10]),
                                           (23, [10, 10, 3])])
def test_many_folds_go_on_several_figures(draw, folds, panels):
    figures = draw([FOLD] * folds, CLASSES)
    assert [len(figure.axes) for figure in figures] == panels
