"""Trains linear support vector machines, one for each group of examples against the others. Runs at build time only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pickle import PicklingError
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.svm import LinearSVC

from skill.understanding.vectors import DIMENSIONS

SOFTNESS = 1.0
"""LinearSVC's C."""

TOLERANCE = 0.1
"""LinearSVC's tol; a tenth of it takes a third longer and answers no better."""

MOST_MACHINES = 300
"""Where there are more, each learns from some examples: its own, those most like them, and some of the others; and from the
features that its own have. That takes a tenth of the time, and tells less well what to refuse."""

FEW_EXAMPLES = 10_000
"""Where there are no more, starting more processes takes longer than they save."""

MOST_OWN = 10_000

BATCH = 100
"""Machines trained in one go, where there are thousands: handing each to a process by itself costs more than training it."""

FEWEST_OTHERS = 500
"""A machine that learns from some examples sees as many near ones as its own, and as many far ones; at least so many."""

NEAR_FEATURES = 100
"""Examples are alike by the features in which they are strongest, so many of them."""


class Machine(NamedTuple):
    """One linear support vector machine: its weights of features (their places and values) and of the vector, and its bias."""

    places: Any
    values: Any
    vector: Any
    bias: float

    def scaled(self, share: float) -> Machine:
        return Machine(self.places, share * self.values, share * self.vector, share * self.bias)


def train_machines(examples: csr_matrix, groups: Sequence[Any], siblings: Mapping[int, Any], kept: int) -> list[Machine]:
    """Train one machine for each of `groups` (rows of `examples`), and keep its `kept` largest weights.

    Where there are thousands of groups, a group is told apart from its `siblings` alone, if it has any: what its topic is
    like the topic's machine knows.
    """
    is_small = examples.shape[0] <= FEW_EXAMPLES
    if len(groups) <= MOST_MACHINES:
        return _in_processes([delayed(_machine)(examples, own, kept) for own in groups], is_small)
    by_feature = examples[:, :-DIMENSIONS].tocsc()
    tasks = [(own, siblings.get(column)) for column, own in enumerate(groups)]
    batches = [delayed(_small_machines)(examples, by_feature, tasks[at : at + BATCH], kept) for at in range(0, len(tasks), BATCH)]
    return [machine for part in _in_processes(batches, is_small) for machine in part]


def _in_processes(tasks: Sequence[Any], is_small: bool) -> list[Any]:
    # Not in threads: liblinear shares one stream of chance among them, and no two builds would be the same.
    if not is_small:
        # Examples are handed to other processes in files. Where the disk has no room for those, one process does it all.
        with suppress(PicklingError):
            return list(Parallel(-1)(tasks))
    return list(Parallel(1)(tasks))


def _machine(examples: csr_matrix, own: Any, kept: int, balance: str | None = None) -> Machine:
    is_own = np.zeros(examples.shape[0], dtype=bool)
    is_own[own] = True
    if is_own.all():
        nothing = np.array([], dtype=np.int32)
        return Machine(nothing, nothing, np.zeros(DIMENSIONS), 0.0)
    machine = LinearSVC(C=SOFTNESS, tol=TOLERANCE, class_weight=balance, random_state=0).fit(examples, is_own)
    weights = machine.coef_[0]
    sparse, vector = weights[:-DIMENSIONS], weights[-DIMENSIONS:]
    places = np.argsort(-np.abs(sparse), kind="stable")[:kept]
    places = np.sort(places[sparse[places] != 0])
    return Machine(places, sparse[places], vector, machine.intercept_[0])


def _small_machines(examples: csr_matrix, by_feature: csc_matrix, tasks: Sequence[tuple[Any, Any]], kept: int) -> list[Machine]:
    """Train machines that each see some of the examples, and of these only the features that its own have."""
    machines = []
    places = np.full(by_feature.shape[1], -1, dtype=np.int32)
    for own, siblings in tasks:
        mine = own[:: len(own) // MOST_OWN + 1]
        if siblings is None:
            others = _others(examples, by_feature, mine, own)
        else:
            others = np.setdiff1d(siblings, own, assume_unique=True)
            others = others[:: len(others) // MOST_OWN + 1]
        seen = np.unique(examples[mine].indices)
        seen = seen[seen < len(places)]
        # Among a thousand others, a subject's few own examples would count for nothing.
        narrow = _narrow(examples[np.concatenate([mine, others])], seen, places)
        machine = _machine(narrow, np.arange(len(mine)), kept, "balanced")
        machines.append(machine._replace(places=seen[machine.places]))
    return machines


def _narrow(some: csr_matrix, seen: Any, places: Any) -> csr_matrix:
    """The columns of the features `seen`, and of the vectors; scipy's own way sorts as many numbers as there are features.

    `places` is room for one number a feature, all -1, and is left so.
    """
    places[seen] = np.arange(len(seen))
    is_vector = some.indices >= len(places)
    columns = np.where(is_vector, some.indices - len(places) + len(seen), places[np.where(is_vector, 0, some.indices)])
    places[seen] = -1
    kept = columns >= 0
    starts = np.concatenate([[0], np.cumsum(kept)])[some.indptr]
    return csr_matrix((some.data[kept], columns[kept], starts), shape=(some.shape[0], len(seen) + DIMENSIONS))


def _others(examples: csr_matrix, by_feature: csc_matrix, mine: Any, own: Any) -> Any:
    """Some of the examples that are not `own`: those most like `mine`, and as many spread over the rest."""
    wanted = min(max(FEWEST_OTHERS, len(mine)), MOST_OWN)
    sample = examples[mine[:FEWEST_OTHERS]]
    is_feature = sample.indices < by_feature.shape[1]
    places, at = np.unique(sample.indices[is_feature], return_inverse=True)
    strength = np.bincount(at, weights=sample.data[is_feature])
    nearness = np.zeros(examples.shape[0])
    for each in np.argsort(-strength, kind="stable")[:NEAR_FEATURES]:
        start, end = by_feature.indptr[places[each] : places[each] + 2]
        # What very many have does not tell who is near, and takes long to add up.
        if end - start <= MOST_OWN:
            nearness[by_feature.indices[start:end]] += strength[each] * by_feature.data[start:end]
    nearness[own] = -1
    near = np.flatnonzero(nearness > 0)
    if len(near) > wanted:
        near = near[np.argpartition(-nearness[near], wanted)[:wanted]]
    nearness[near] = -1
    far = np.flatnonzero(nearness >= 0)
    return np.concatenate([near, far[:: len(far) // wanted + 1]])
