"""Tests of the recorded news."""
