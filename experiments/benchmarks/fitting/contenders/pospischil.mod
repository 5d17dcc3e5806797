TITLE Sodium, delayed rectifier, M current and leak of a cortical cell
: Pospischil et al. 2008, Biol Cybern 99:427-441; rates at 36 degrees
NEURON {
    SUFFIX pospischil
    NONSPECIFIC_CURRENT i
    RANGE g_na, g_kd, g_m, g_leak, e_na, e_k, e_leak, v_t, tau_max
}
UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}
PARAMETER {
    g_na = 0.05 (S/cm2)
    g_kd = 0.005 (S/cm2)
    g_m = 7e-5 (S/cm2)
    g_leak = 1e-4 (S/cm2)
    e_na = 50 (mV)
    e_k = -90 (mV)
    e_leak = -70 (mV)
    v_t = -55 (mV)
    tau_max = 1000 (ms)
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
    m_inf
    h_inf
    n_inf
    p_inf
    tau_m (ms)
    tau_h (ms)
    tau_n (ms)
    tau_p (ms)
}
STATE { m h n p }
BREAKPOINT {
    SOLVE states METHOD cnexp
    i = g_na*m*m*m*h*(v - e_na) + (g_kd*n*n*n*n + g_m*p)*(v - e_k) + g_leak*(v - e_leak)
}
DERIVATIVE states {
    rates(v)
    m' = (m_inf - m)/tau_m
    h' = (h_inf - h)/tau_h
    n' = (n_inf - n)/tau_n
    p' = (p_inf - p)/tau_p
}
INITIAL {
    rates(v)
    m = m_inf
    h = h_inf
    n = n_inf
    p = p_inf
}
PROCEDURE rates(v (mV)) {
    LOCAL x, a, b
    x = v - v_t
    a = 1.28*over_expm1((13 - x)/4)
    b = 1.4*over_expm1((x - 40)/5)
    tau_m = 1/(a + b)
    m_inf = a*tau_m
    a = 0.128*exp((17 - x)/18)
    b = 4/(1 + exp((40 - x)/5))
    tau_h = 1/(a + b)
    h_inf = a*tau_h
    a = 0.16*over_expm1((15 - x)/5)
    b = 0.5*exp((10 - x)/40)
    tau_n = 1/(a + b)
    n_inf = a*tau_n
    p_inf = 1/(1 + exp(-(v + 35)/10))
    tau_p = tau_max/(3.3*exp((v + 35)/20) + exp(-(v + 35)/20))
}
FUNCTION over_expm1(y) {
    if (fabs(y) < 1e-6) {
        over_expm1 = 1 - y/2
    } else {
        over_expm1 = y/(exp(y) - 1)
    }
}
