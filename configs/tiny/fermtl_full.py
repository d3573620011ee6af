# As fermtl_ferplus.py, with paired photographs too: CK+48 with neutral frames
# of CK+, and the Taiwan corpus, for those who hold them. Weights that were
# trained on these are not passed on.
#
# It is validated and tested on FER+. Of the other sets it holds out the
# subjects of `fold` (--fold K), and its checkpoint can be tested on these:
# the tools refuse other folds of CK+, CK+48 and the Taiwan corpus, whose
# subjects it was trained on.
_base_ = './fermtl_ferplus.py'
fold = 0
ckplus48_root = 'data/CK+48'
neutral_root = 'data/CK+'
taiwan_root = 'data/taiwan'

faces, rendered = _base_.train_dataloader.dataset.datasets
paired = dict(
    classes={{_base_.num_classes}},
    split='train',
    fold=fold,
    pairs=dict(identity=0.1, unpaired=0.1),
    pipeline={{_base_.train_pipeline}})
train_dataloader = dict(
    dataset=dict(datasets=[
        faces,
        dict(rendered, fold=fold),
        dict(
            type='mmfermtl.CKPlusNeutral',
            data_root=ckplus48_root,
            neutral_root=neutral_root,
            **paired),
        dict(
            type='mmfermtl.TaiwaneseFaces',
            data_root=taiwan_root,
            # The other sets have it.
            may_lack=['contempt'],
            **paired),
    ]))
