"""The delay-pattern machine alone: what a transition, a fold, a refusal and an order in memory cost."""
