"""The methods by name. A new method is one folder and one entry here."""

from baselines.autogluon.method import METHOD as AUTOGLUON
from baselines.linear.method import METHOD as LINEAR
from baselines.method import Method
from baselines.ntk_svm.method import METHOD as NTK_SVM
from baselines.trivial.method import METHOD as TRIVIAL

METHODS: dict[str, Method] = {
    method.name: method for method in (TRIVIAL, AUTOGLUON, LINEAR, NTK_SVM)
}
