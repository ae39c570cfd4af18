"""Forecasting: pure functions of what could be known at a moment. Arrays in, arrays out; no clock, no database.

`histories` says what a forecaster may know. `chances` learns when deals close and how; `revenue` simulates periods;
`model` is both, as numbers that can be stored. Who loads, stores and asks stands outside of this package.
"""
