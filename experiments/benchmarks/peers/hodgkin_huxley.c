/* A population of squid axons (Hodgkin & Huxley 1952), written as one would by hand for speed, in float.

   The conventional scheme: gates by their exponential step at the old v, then v by a backward Euler step at the new gates.
   Time is the outer loop, as in a simulator whose neurons might be connected; the inner one, over neurons, has neither
   a branch nor a call that gcc can't turn into vector instructions.

   Units: mV, ms, µA/cm², mS/cm²; the capacitance is 1 µF/cm². */

#include <math.h>

/* x / (e^x − 1), the linoid of the rates; by its series where that is 0/0. */
static inline float linoid(float x)
{
    return fabsf(x) < 1e-3f ? 1.0f - 0.5f * x : x / (expf(x) - 1.0f);
}

void advance(int neurons, int steps, float dt, const float *restrict current, float *restrict v, float *restrict m,
             float *restrict h, float *restrict n, int *restrict spikes)
{
    const float g_na = 120.0f, g_k = 36.0f, g_leak = 0.3f, e_na = 50.0f, e_k = -77.0f, e_leak = -54.387f;

    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < neurons; i++) {
            const float old = v[i];

            const float alpha_m = linoid(-0.1f * (old + 40.0f));
            const float beta_m = 4.0f * expf(-(old + 65.0f) * (1.0f / 18.0f));
            const float alpha_h = 0.07f * expf(-(old + 65.0f) * (1.0f / 20.0f));
            const float beta_h = 1.0f / (1.0f + expf(-(old + 35.0f) * 0.1f));
            const float alpha_n = 0.1f * linoid(-0.1f * (old + 55.0f));
            const float beta_n = 0.125f * expf(-(old + 65.0f) * (1.0f / 80.0f));

            const float rate_m = alpha_m + beta_m, rate_h = alpha_h + beta_h, rate_n = alpha_n + beta_n;
            const float m_inf = alpha_m / rate_m, h_inf = alpha_h / rate_h, n_inf = alpha_n / rate_n;
            const float m_new = m_inf + (m[i] - m_inf) * expf(-dt * rate_m);
            const float h_new = h_inf + (h[i] - h_inf) * expf(-dt * rate_h);
            const float n_new = n_inf + (n[i] - n_inf) * expf(-dt * rate_n);

            const float na = g_na * m_new * m_new * m_new * h_new;
            const float k = g_k * n_new * n_new * n_new * n_new;
            const float drive = current[i] + na * e_na + k * e_k + g_leak * e_leak;
            const float new = (old + dt * drive) / (1.0f + dt * (na + k + g_leak));

            spikes[i] += (old < 0.0f) & (new >= 0.0f);
            v[i] = new;
            m[i] = m_new;
            h[i] = h_new;
            n[i] = n_new;
        }
    }
}
