package io.varve.bench;

/**
 * One thing that is measured of both.
 *
 * @param name how it is called in the table and in the JSON
 * @param unit of the single values; ratios have none
 * @param better which way is better
 * @param wanted the wanted ratio Varve/Kafka, at least or at most according to {@code better}; NaN for none
 */
record Figure(String name, String unit, Better better, double wanted) {
    enum Better {
        HIGHER,
        LOWER
    }

    static Figure higher(String name, String unit, double wanted) {
        return new Figure(name, unit, Better.HIGHER, wanted);
    }

    static Figure lower(String name, String unit, double wanted) {
        return new Figure(name, unit, Better.LOWER, wanted);
    }

    boolean isMet(double ratio) {
        return better == Better.HIGHER ? ratio >= wanted : ratio <= wanted;
    }
}
