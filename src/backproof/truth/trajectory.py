"""Training: the exact trajectory, and a proven bound on an implementation's distance from it.

Write p_k for the exact parameters after k steps and e_k for an implementation's error, its distance
from them. One step S propagates this error and adds a rounding error ε_k: by the mean value theorem
e_(k+1) = J e_k + ε_k, where J is the Jacobian of S between the two trajectories. Both J and ε_k are
bounded over the whole box p_k ± |e_k|, so no second-order term is dropped. The bound takes two
passes, derived in `docs/evidence/numerics.md`:

- forward, e_k is enclosed in a rotated box Q_k·[−r, r] with orthonormal Q_k (Lohner's QR method),
  which gives a proven but rather wide box at every step;
- backward, with those boxes known, each ε_k is propagated through the product of the later
  Jacobians, which gives the bound at the end: Σ_k |J_(n−1) … J_(k+1)| ε_k.

To keep the boxes small, the backward pass is also made during training, at growing intervals, and
the forward pass continues from the box that it proves.
"""

from collections.abc import Callable, Iterator, Sequence

from flint import arb, arb_mat, ctx

from backproof.errors import BoundUnavailable
from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import Format, Real
from backproof.network.inputs import Inputs, Schedule, map_matrix, map_parameters
from backproof.network.network import CORRECT_NETWORK, Parameters, batches, unflatten_parameters
from backproof.network.quantities import flatten_fields, is_bias
from backproof.truth.arithmetics import (
    BallArithmetic,
    BoundedValue,
    Dual,
    DualArithmetic,
    RoundingModel,
    Undecided,
    enclose,
)

MAX_RADIUS = arb(2) ** -160  # the largest radius allowed for the last exact parameters
FIRST_REFIT = 8  # steps
BOUND_TOO_WIDE = "the error bound reaches 1 before the last step, which is too large to be useful"
BOUND_PRECISION = 128  # bits; with 80, the balls grow too wide over 40,000 products


def exact_trajectory(inputs: Inputs, schedule: Schedule) -> Iterator[Parameters[arb]]:
    """Yield the exact parameters before the first step and after each step."""
    return _trajectory(BallArithmetic(), enclose, inputs, schedule)


def _trajectory(
    a: Arithmetic[N], convert: Callable[[Real], N], inputs: Inputs, schedule: Schedule
) -> Iterator[Parameters[N]]:
    X, T = map_matrix(convert, inputs.X), map_matrix(convert, inputs.T)
    return CORRECT_NETWORK.trajectory(
        a, map_parameters(convert, inputs.params), X, T, schedule.plan(convert)
    )


def bound_training(inputs: Inputs, schedule: Schedule, fmt: Format) -> Parameters[BoundedValue]:
    """Return the parameters after the last step, with error bounds for implementations in `fmt`.

    Raises `Undecided` if the working precision is too low for the exact trajectory, and
    `BoundUnavailable` if the calculation may overflow or the error bound reaches 1 before the
    last step.
    """
    if not inputs.finite:
        return _step_by_step(inputs, schedule, fmt)
    *_, last = exact_trajectory(inputs, schedule)
    if not all(p.rad() < MAX_RADIUS for p in last.flatten()):
        raise Undecided
    one_step = _Step(inputs, schedule, fmt)
    size = len(one_step.trained_indices)
    turned, radii = _identity(size), _column([arb(0)] * size)
    history: list[tuple[arb_mat, arb_mat]] = []
    trajectory = exact_trajectory(inputs, schedule)
    params = next(trajectory)
    refit = FIRST_REFIT
    for rows in batches(len(inputs.X), schedule.epochs, schedule.batch_size):
        with ctx.workprec(BOUND_PRECISION):
            if len(history) == refit:
                turned, radii = _identity(size), _propagate_to_end(history, size)
                refit += max(FIRST_REFIT, refit // 8)
            strayed = _absolute(turned) * radii
            box = one_step.box(params, strayed)
            jacobian = one_step.jacobian(box, rows)
            centre = jacobian.mid()
            noise = one_step.rounding_error(box, rows) + _absolute(jacobian - centre) * strayed
            carried = centre * turned
            turned = _orthonormal(carried)
            try:
                back = turned.inv()
            except ZeroDivisionError:  # a singular Jacobian: any basis is valid, only less tight
                turned = back = _identity(size)
            radii = _absolute(back * carried) * radii + _absolute(back) * noise
            history.append((centre, noise))
        params = next(trajectory)
    with ctx.workprec(BOUND_PRECISION):
        at_the_end = _propagate_to_end(history, size).entries()
        bounds = dict(zip(one_step.trained_indices, at_the_end, strict=True))
    return unflatten_parameters(
        [BoundedValue(p, bounds.get(i, arb(0))) for i, p in enumerate(params.flatten())]
    )


def _step_by_step(inputs: Inputs, schedule: Schedule, fmt: Format) -> Parameters[BoundedValue]:
    """Propagate the bound from step to step, for inputs of NaN or infinity, which no box holds."""
    a = RoundingModel(fmt)
    trajectory = _trajectory(a, a.from_input, inputs, schedule)
    params = next(trajectory)
    for stepped in trajectory:
        if not all(p.bound < 1 for p in params.flatten()):
            raise BoundUnavailable(BOUND_TOO_WIDE)
        params = stepped
    if schedule.train_biases:
        return params
    return params._replace(
        b1=BoundedValue(params.b1.value, arb(0)), b2=BoundedValue(params.b2.value, arb(0))
    )


class _Step:
    """One training step as a function of the trained parameters."""

    def __init__(self, inputs: Inputs, schedule: Schedule, fmt: Format) -> None:
        names = flatten_fields(inputs.params)  # in the order of Parameters.flatten()
        self.trained_indices = [
            i for i, name in enumerate(names) if schedule.train_biases or not is_bias(name)
        ]
        self._train_biases = schedule.train_biases
        self._rounding = RoundingModel(fmt)
        given = self._rounding.from_input
        self._rounded = (
            map_matrix(given, inputs.X),
            map_matrix(given, inputs.T),
            given(schedule.learning_rate),
        )
        self._dual = (
            map_matrix(_constant, inputs.X),
            map_matrix(_constant, inputs.T),
            _constant(schedule.learning_rate),
        )

    def box(self, params: Parameters[arb], radii: arb_mat) -> list[arb]:
        """Widen the exact parameters by the error that an implementation may have accumulated.

        Raises `BoundUnavailable` if that error is 1 or more.
        """
        box = params.flatten()
        for i, radius in zip(self.trained_indices, radii.entries(), strict=True):
            box[i] = arb(box[i].mid(), (box[i].rad() + radius).abs_upper())
            if not box[i].rad() < 1:
                raise BoundUnavailable(BOUND_TOO_WIDE)
        return box

    def rounding_error(self, box: Sequence[arb], rows: slice) -> arb_mat:
        """Bound the rounding error of this step, for any starting point in the box."""
        start = [self._rounding.from_stored(p) for p in box]
        X, T, rate = self._rounded
        after = CORRECT_NETWORK.step(
            self._rounding,
            unflatten_parameters(start),
            X[rows],
            T[rows],
            rate,
            train_biases=self._train_biases,
        ).flatten()
        return _column([after[i].bound for i in self.trained_indices])

    def jacobian(self, box: Sequence[arb], rows: slice) -> arb_mat:
        """Enclose the Jacobian of the step over the box."""
        axes = dict(
            zip(self.trained_indices, _identity(len(self.trained_indices)).tolist(), strict=True)
        )
        start = [Dual(p, axes.get(i, ())) for i, p in enumerate(box)]
        X, T, rate = self._dual
        after = CORRECT_NETWORK.step(
            DualArithmetic(),
            unflatten_parameters(start),
            X[rows],
            T[rows],
            rate,
            train_biases=self._train_biases,
        ).flatten()
        return arb_mat([after[i].derivatives for i in self.trained_indices])


def _propagate_to_end(history: Sequence[tuple[arb_mat, arb_mat]], size: int) -> arb_mat:
    """Sum the errors of all steps, each propagated through the Jacobians of the later steps."""
    later, bound = _identity(size), _column([arb(0)] * size)
    for jacobian, noise in reversed(history):
        bound += _absolute(later) * noise
        later *= jacobian
    return _absolute(bound)


def _orthonormal(basis: arb_mat) -> arb_mat:
    """Make the columns of `basis` nearly orthonormal (Gram–Schmidt).

    An approximation is enough, because the caller inverts the result rigorously.
    """
    columns: list[arb_mat] = []
    for j in range(basis.ncols()):
        column = arb_mat([[basis[i, j].mid()] for i in range(basis.nrows())])
        for earlier in columns:
            column = (column - earlier * (earlier.transpose() * column)[0, 0]).mid()
        length = (column.transpose() * column)[0, 0].sqrt().mid()
        columns.append((column * (1 / length)).mid())
    return arb_mat([[column[i, 0] for column in columns] for i in range(basis.nrows())])


def _absolute(A: arb_mat) -> arb_mat:
    return arb_mat([[x.abs_upper() for x in row] for row in A.tolist()])


def _column(entries: Sequence[arb]) -> arb_mat:
    return arb_mat([[x.abs_upper()] for x in entries])


def _identity(size: int) -> arb_mat:
    return arb_mat([[arb(int(i == j)) for j in range(size)] for i in range(size)])


def _constant(x: Real) -> Dual:
    return Dual(enclose(x), ())
