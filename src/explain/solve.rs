//! Small symmetric linear systems.

/// Solves `a x = b` for a symmetric positive definite `a` (`size × size`, rows one behind another) by Cholesky's method.
/// `None` when `a` is not positive definite to working precision.
pub fn symmetric(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let size = b.len();
    let mut lower = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let (head, tail) = (row * size, column * size);
            let inner: f64 = (0..column).map(|k| lower[head + k] * lower[tail + k]).sum();
            let rest = a[head + column] - inner;
            if row == column {
                if rest <= f64::EPSILON * a[head + row].abs() || !rest.is_finite() {
                    return None;
                }
                lower[head + row] = rest.sqrt();
            } else {
                lower[head + column] = rest / lower[tail + column];
            }
        }
    }
    let mut x = b.to_vec();
    for row in 0..size {
        let inner: f64 = (0..row).map(|k| lower[row * size + k] * x[k]).sum();
        x[row] = (x[row] - inner) / lower[row * size + row];
    }
    for row in (0..size).rev() {
        let inner: f64 = (row + 1..size).map(|k| lower[k * size + row] * x[k]).sum();
        x[row] = (x[row] - inner) / lower[row * size + row];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved_and_a_singular_one_is_refused() {
        let a = [4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let x = symmetric(&a, &[1.0, -2.0, 0.5]).unwrap();
        for (row, b) in [1.0, -2.0, 0.5].iter().enumerate() {
            let product: f64 = (0..3).map(|k| a[row * 3 + k] * x[k]).sum();
            assert!((product - b).abs() < 1e-14);
        }
        assert_eq!(symmetric(&[1.0, 1.0, 1.0, 1.0], &[1.0, 1.0]), None);
        assert_eq!(symmetric(&[f64::NAN], &[1.0]), None);
    }
}
