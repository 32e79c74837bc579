"""What stock means: levels and bands, policies, holds, baskets. Pure; the clock is an argument."""
