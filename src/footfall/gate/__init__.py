"""Judgement: (budgets, evidence) in, verdicts out. Pure: nothing here reads a file, a clock or a store."""
