"""What every service stands on, without one business word: app, clock, database, outbox, inbox, ticks, health."""
