from typing import Any, List, Sequence

from mmengine.model import BaseTTAModel

from ...registry import MODELS


@MODELS.register_module()
class AverageScoreTTA(BaseTTAModel):
    """Average the probabilities over several views of each image.

    Unlike ``mmpretrain.AverageClsScoreTTA``, which also works with these
    models, it sets the label to the best class of the mean. All other fields,
    such as a generated image, are those of the first view, which should be
    the unchanged image. Usual practice, not from the paper. Works with any
    model whose samples have ``pred_score``, including mmpretrain's.

    Args:
        module (dict | nn.Module): The model.
        data_preprocessor (dict | nn.Module, optional): See MMEngine. Defaults
            to None.
    """

    def merge_preds(self,
                    data_samples_list: Sequence[Sequence[Any]]) -> List[Any]:
        """Merge the predictions on all views of each image.

        Args:
            data_samples_list (Sequence[Sequence]): For each image, one sample
                per view, with ``pred_score`` ``(E, )``.

        Returns:
            list: One sample per image.

        Raises:
            ValueError: If the model gives no scores.
        """
        results = []
        for views in data_samples_list:
            if 'pred_score' not in views[0]:
                raise ValueError('the model gives no pred_score to average; '
                                 'test-time augmentation is for models with '
                                 'a head: test without it')
            score = sum(view.pred_score for view in views) / len(views)
            merged = views[0].new()  # a copy with all other fields
            merged.set_pred_score(score)
            merged.set_pred_label(int(score.argmax()))
            results.append(merged)
        return results
