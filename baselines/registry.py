"""The methods by name. A new method is one folder and one entry here."""

from baselines.autogluon.method import METHOD as AUTOGLUON
from baselines.autogluon_multimodal.method import METHOD as AUTOGLUON_MULTIMODAL
from baselines.findmatches.method import METHOD as FINDMATCHES
from baselines.linear.method import METHOD as LINEAR
from baselines.method import Method
from baselines.ntk_svm.method import METHOD as NTK_SVM
from baselines.positive_congruent.method import METHOD as POSITIVE_CONGRUENT
from baselines.tcm_matcher.method import METHOD as TCM_MATCHER
from baselines.trivial.method import METHOD as TRIVIAL

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        TRIVIAL,
        AUTOGLUON,
        AUTOGLUON_MULTIMODAL,
        LINEAR,
        NTK_SVM,
        FINDMATCHES,
        TCM_MATCHER,
        POSITIVE_CONGRUENT,
    )
}
