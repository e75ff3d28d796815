from . import likelihood as likelihood, ode as ode, stochastic as stochastic
