"""A few kills of real runs; `kills.py --kills 200` is the long form."""
import os
import unittest

import harness
import kills


class Kills(harness.EndToEnd):
    def test_killed_at_any_moment_a_run_resumes_to_the_same_bits(self):
        campaign = kills.Campaign(self.folder, seed=os.getpid())
        campaign.go(8)
        print(campaign.report())


if __name__ == "__main__":
    unittest.main()
