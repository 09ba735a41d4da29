"""Many machines learn from few examples each, and still tell their own from the others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack

from skill.understanding import machines
from skill.understanding.vectors import DIMENSIONS

GROUPS, EACH = 6, 4


@pytest.fixture
def examples() -> csr_matrix:
    """Each example has a feature of its group, one that all share, and one that no other has; and a vector."""
    count = GROUPS * EACH
    sparse = np.zeros((count, GROUPS + 1 + count))
    sparse[np.arange(count), np.arange(count) // EACH] = 1
    sparse[:, GROUPS] = 1
    sparse[np.arange(count), GROUPS + 1 + np.arange(count)] = 1
    return hstack([csr_matrix(sparse), csr_matrix(np.full((count, DIMENSIONS), 0.01))], "csr")


@pytest.mark.parametrize("most", [0, GROUPS])
def test_a_machine_knows_its_own(examples: csr_matrix, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(machines, "MOST_MACHINES", most)
    groups = np.arange(GROUPS * EACH).reshape(GROUPS, EACH)
    trained = machines.train_machines(examples, list(groups), {}, kept=50)
    assert len(trained) == GROUPS
    for own, machine in zip(groups, trained, strict=True):
        scores = examples[:, machine.places] @ machine.values + machine.vector.sum() * 0.01 + machine.bias
        assert scores[own].min() > np.delete(scores, own).max()


def test_of_many_a_machine_learns_its_own_features_alone(examples: csr_matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MOST_MACHINES", 0)
    groups = np.arange(GROUPS * EACH).reshape(GROUPS, EACH)
    pair = np.arange(2 * EACH)
    first, second = machines.train_machines(examples, list(groups[:2]), {0: pair, 1: pair}, kept=50)
    others = set(range(1, GROUPS)) | set(range(GROUPS + 1 + EACH, examples.shape[1]))
    assert others.isdisjoint(first.places.tolist())
    assert first.values[first.places == 0][0] > 0
    assert second.values[second.places == 1][0] > 0


def test_a_narrowed_matrix_holds_the_same_numbers(examples: csr_matrix) -> None:
    features = examples.shape[1] - DIMENSIONS
    seen, places = np.array([2, 6, 9]), np.full(features, -1, dtype=np.int32)
    narrow = machines._narrow(examples, seen, places)
    assert (narrow != hstack([examples[:, seen], examples[:, features:]])).nnz == 0
    assert (places == -1).all()
