"""Puts the real world together: clients, scheduler, election, HTTP."""
